import '../ui/language.ts';
import '../ui/theme.css';
import '../ui/toolkit.ts';
import './run-list.ts';
import './runs-app.ts';

document.body.append(document.createElement('runs-app'));
