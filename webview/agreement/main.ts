/** Entry of the Agreement panel's page. */
import '../ui/language.ts';
import '../ui/theme.css';
import '../ui/toolkit.ts';
import './agreement-app.ts';

document.body.append(document.createElement('agreement-app'));
